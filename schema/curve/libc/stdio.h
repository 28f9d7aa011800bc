#pragma once
#define stderr 0
#define fprintf(...) ((void)0)
#define printf(...) ((void)0)
