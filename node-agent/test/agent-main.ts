// The agent's program as tests start it: the build that a run of all tests makes once, else the sources, whose types Node strips at each start.
import { resolve } from 'node:path';

export const AGENT_MAIN = process.env['IRORI_TEST_AGENT'] ?? resolve(import.meta.dirname, '../main.ts');
