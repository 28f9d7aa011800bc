/*
 * What the network needs of secp256k1 and keccak, as one WebAssembly module without a libc, imports or growing memory. The caller writes into one
 * fixed area, calls a function that takes no pointer, and reads the answer from the same area. libsecp256k1 comes in whole, as one unit, so that its
 * inner functions are at hand. Built by .ci/build-curve.
 */
#include "src/secp256k1.c"
#include "src/precomputed_ecmult.c"
#include "src/precomputed_ecmult_gen.c"
#include "include/secp256k1_recovery.h"

#define EXPORT(name) __attribute__((export_name(name)))

/* libsecp256k1 asks for nothing else of a libc here. */
void *memcpy(void *to, const void *from, size_t n) {
  unsigned char *t = to;
  const unsigned char *f = from;
  while (n--) *t++ = *f++;
  return to;
}
void *memmove(void *to, const void *from, size_t n) {
  unsigned char *t = to;
  const unsigned char *f = from;
  if (t < f) while (n--) *t++ = *f++;
  else while (n--) t[n] = f[n];
  return to;
}
void *memset(void *to, int byte, size_t n) {
  unsigned char *t = to;
  while (n--) *t++ = (unsigned char)byte;
  return to;
}
int memcmp(const void *a, const void *b, size_t n) {
  const unsigned char *x = a, *y = b;
  for (; n--; x++, y++) if (*x != *y) return *x - *y;
  return 0;
}
size_t strlen(const char *text) {
  size_t n = 0;
  while (text[n]) n++;
  return n;
}
void *malloc(size_t n) { (void)n; return NULL; }
void free(void *at) { (void)at; }
void secp256k1_default_illegal_callback_fn(const char *text, void *data) { (void)text; (void)data; __builtin_trap(); }
void secp256k1_default_error_callback_fn(const char *text, void *data) { (void)text; (void)data; __builtin_trap(); }

#define HASH_BYTES 8192

/* Offsets in bytes, which schema/wasm-curve.ts knows too. */
static struct {
  unsigned char digest[32];     /* 0: of a message; where keccak leaves its hash */
  unsigned char key[32];        /* 32: private; zeroes after each use */
  unsigned char signature[64];  /* 64: r, s */
  unsigned char recovery;       /* 128: which point has x = r: 0 or 1 */
  unsigned char pad[7];
  unsigned char point[64];      /* 136: public key: x, y */
  unsigned char input[HASH_BYTES]; /* 200: what keccak hashes */
} area;

static union { unsigned char bytes[512]; uint64_t align; } context_room;
static const secp256k1_context *context;

EXPORT("area") void *get_area(void) { return &area; }
EXPORT("inputBytes") int get_input_bytes(void) { return HASH_BYTES; }

/* Once, before all others. 1 where it is ready. */
EXPORT("start") int start(void) {
  if (secp256k1_context_preallocated_size(SECP256K1_CONTEXT_NONE) > sizeof context_room) return 0;
  context = secp256k1_context_preallocated_create(&context_room, SECP256K1_CONTEXT_NONE);
  return context != NULL;
}

static void write_point(secp256k1_ge *point) {
  secp256k1_fe_normalize_var(&point->x);
  secp256k1_fe_normalize_var(&point->y);
  secp256k1_fe_get_b32(area.point, &point->x);
  secp256k1_fe_get_b32(area.point + 32, &point->y);
}

/* digest, key -> signature and recovery; RFC 6979 and low-s. 0 for a key out of range, or where r was not below the order. */
EXPORT("sign") int sign(void) {
  secp256k1_ecdsa_recoverable_signature made;
  int recovery = 0;
  int done = secp256k1_ecdsa_sign_recoverable(context, &made, area.digest, area.key, NULL, NULL);
  secp256k1_memzero_explicit(area.key, sizeof area.key);
  if (!done) return 0;
  secp256k1_ecdsa_recoverable_signature_serialize_compact(context, area.signature, &recovery, &made);
  area.recovery = (unsigned char)recovery;
  return recovery < 2;
}

/* key -> point */
EXPORT("derive") int derive(void) {
  secp256k1_pubkey key;
  secp256k1_ge point;
  int done = secp256k1_ec_pubkey_create(context, &key, area.key);
  secp256k1_memzero_explicit(area.key, sizeof area.key);
  if (!done || !secp256k1_pubkey_load(context, &point, &key)) return 0;
  write_point(&point);
  return 1;
}

/* r and s as numbers; 0 where one is zero or not below the order. */
static int read_signature(secp256k1_scalar *r, secp256k1_scalar *s) {
  int overR, overS;
  secp256k1_scalar_set_b32(r, area.signature, &overR);
  secp256k1_scalar_set_b32(s, area.signature + 32, &overS);
  return !overR && !overS && !secp256k1_scalar_is_zero(r) && !secp256k1_scalar_is_zero(s) && area.recovery < 2;
}

/* digest, signature, recovery -> point */
EXPORT("recover") int recover(void) {
  secp256k1_scalar r, s, message;
  secp256k1_ge point;
  if (!read_signature(&r, &s)) return 0;
  secp256k1_scalar_set_b32(&message, area.digest, NULL);
  if (!secp256k1_ecdsa_sig_recover(&r, &s, &point, &message, area.recovery)) return 0;
  write_point(&point);
  return 1;
}

/* Keccak-f[1600] and the padding of keccak-256: rate 136 bytes, first padding byte 1. */
#define RATE 136
#define ROTATE(x, n) (((x) << (n)) | ((x) >> (64 - (n))))

static const uint64_t ROUNDS[24] = {
  0x0000000000000001ULL, 0x0000000000008082ULL, 0x800000000000808aULL, 0x8000000080008000ULL, 0x000000000000808bULL, 0x0000000080000001ULL,
  0x8000000080008081ULL, 0x8000000000008009ULL, 0x000000000000008aULL, 0x0000000000000088ULL, 0x0000000080008009ULL, 0x000000008000000aULL,
  0x000000008000808bULL, 0x800000000000008bULL, 0x8000000000008089ULL, 0x8000000000008003ULL, 0x8000000000008002ULL, 0x8000000000000080ULL,
  0x000000000000800aULL, 0x800000008000000aULL, 0x8000000080008081ULL, 0x8000000000008080ULL, 0x0000000080000001ULL, 0x8000000080008008ULL,
};

static void permute(uint64_t *state) {
  uint64_t a00 = state[0], a01 = state[1], a02 = state[2], a03 = state[3], a04 = state[4];
  uint64_t a05 = state[5], a06 = state[6], a07 = state[7], a08 = state[8], a09 = state[9];
  uint64_t a10 = state[10], a11 = state[11], a12 = state[12], a13 = state[13], a14 = state[14];
  uint64_t a15 = state[15], a16 = state[16], a17 = state[17], a18 = state[18], a19 = state[19];
  uint64_t a20 = state[20], a21 = state[21], a22 = state[22], a23 = state[23], a24 = state[24];
  int round;
  for (round = 0; round < 24; round++) {
    /* theta */
    uint64_t c0 = a00 ^ a05 ^ a10 ^ a15 ^ a20, c1 = a01 ^ a06 ^ a11 ^ a16 ^ a21, c2 = a02 ^ a07 ^ a12 ^ a17 ^ a22;
    uint64_t c3 = a03 ^ a08 ^ a13 ^ a18 ^ a23, c4 = a04 ^ a09 ^ a14 ^ a19 ^ a24;
    uint64_t d0 = c4 ^ ROTATE(c1, 1), d1 = c0 ^ ROTATE(c2, 1), d2 = c1 ^ ROTATE(c3, 1), d3 = c2 ^ ROTATE(c4, 1), d4 = c3 ^ ROTATE(c0, 1);
    /* theta's end, rho and pi: lane x, y goes to y, 2x + 3y */
    uint64_t b00 = a00 ^ d0, b10 = ROTATE(a01 ^ d1, 1), b20 = ROTATE(a02 ^ d2, 62), b05 = ROTATE(a03 ^ d3, 28), b15 = ROTATE(a04 ^ d4, 27);
    uint64_t b16 = ROTATE(a05 ^ d0, 36), b01 = ROTATE(a06 ^ d1, 44), b11 = ROTATE(a07 ^ d2, 6), b21 = ROTATE(a08 ^ d3, 55), b06 = ROTATE(a09 ^ d4, 20);
    uint64_t b07 = ROTATE(a10 ^ d0, 3), b17 = ROTATE(a11 ^ d1, 10), b02 = ROTATE(a12 ^ d2, 43), b12 = ROTATE(a13 ^ d3, 25), b22 = ROTATE(a14 ^ d4, 39);
    uint64_t b23 = ROTATE(a15 ^ d0, 41), b08 = ROTATE(a16 ^ d1, 45), b18 = ROTATE(a17 ^ d2, 15), b03 = ROTATE(a18 ^ d3, 21), b13 = ROTATE(a19 ^ d4, 8);
    uint64_t b14 = ROTATE(a20 ^ d0, 18), b24 = ROTATE(a21 ^ d1, 2), b09 = ROTATE(a22 ^ d2, 61), b19 = ROTATE(a23 ^ d3, 56), b04 = ROTATE(a24 ^ d4, 14);
    /* chi and iota */
    a00 = b00 ^ (~b01 & b02) ^ ROUNDS[round], a01 = b01 ^ (~b02 & b03), a02 = b02 ^ (~b03 & b04), a03 = b03 ^ (~b04 & b00), a04 = b04 ^ (~b00 & b01);
    a05 = b05 ^ (~b06 & b07), a06 = b06 ^ (~b07 & b08), a07 = b07 ^ (~b08 & b09), a08 = b08 ^ (~b09 & b05), a09 = b09 ^ (~b05 & b06);
    a10 = b10 ^ (~b11 & b12), a11 = b11 ^ (~b12 & b13), a12 = b12 ^ (~b13 & b14), a13 = b13 ^ (~b14 & b10), a14 = b14 ^ (~b10 & b11);
    a15 = b15 ^ (~b16 & b17), a16 = b16 ^ (~b17 & b18), a17 = b17 ^ (~b18 & b19), a18 = b18 ^ (~b19 & b15), a19 = b19 ^ (~b15 & b16);
    a20 = b20 ^ (~b21 & b22), a21 = b21 ^ (~b22 & b23), a22 = b22 ^ (~b23 & b24), a23 = b23 ^ (~b24 & b20), a24 = b24 ^ (~b20 & b21);
  }
  state[0] = a00, state[1] = a01, state[2] = a02, state[3] = a03, state[4] = a04;
  state[5] = a05, state[6] = a06, state[7] = a07, state[8] = a08, state[9] = a09;
  state[10] = a10, state[11] = a11, state[12] = a12, state[13] = a13, state[14] = a14;
  state[15] = a15, state[16] = a16, state[17] = a17, state[18] = a18, state[19] = a19;
  state[20] = a20, state[21] = a21, state[22] = a22, state[23] = a23, state[24] = a24;
}

/* Takes one block of the rate. WebAssembly is little-endian and reads anywhere. */
static void absorb(uint64_t *state, const unsigned char *block) {
  int i;
  for (i = 0; i < RATE / 8; i++) {
    uint64_t lane;
    __builtin_memcpy(&lane, block + 8 * i, 8);
    state[i] ^= lane;
  }
  permute(state);
}

/* The first `bytes` of input -> digest. 0 where there is no room for so many. */
EXPORT("keccak") int keccak(int bytes) {
  uint64_t state[25] = {0};
  unsigned char last[RATE] = {0};
  const unsigned char *from = area.input;
  int i;
  if (bytes < 0 || bytes > HASH_BYTES) return 0;
  for (; bytes >= RATE; bytes -= RATE, from += RATE) absorb(state, from);
  for (i = 0; i < bytes; i++) last[i] = from[i];
  last[bytes] = 1;
  last[RATE - 1] |= 0x80;
  absorb(state, last);
  for (i = 0; i < 4; i++) __builtin_memcpy(area.digest + 8 * i, &state[i], 8);
  return 1;
}
