// Part of `npm run lint`: reads every file of the product and fails with what stands against the order of the house.
import { globSync, readFileSync } from 'node:fs';
import { ENDS } from './house-rules.ts';
import { judgeHouse } from './judge-house.ts';
import { readModule } from './read-module.ts';

const files = globSync('{schema,router,node-agent}/**/*.{ts,tsx}', { exclude: ['**/node_modules/**', '**/dist/**'] })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => !/\.(?:test|d|config)\.tsx?$/.test(file));
const complaints = judgeHouse(
  files.sort().map((file) => readModule(file, readFileSync(file, 'utf8'))),
  ENDS,
);
for (const { what, remedy } of complaints) console.error(`${what}\n  → ${remedy}`);
if (complaints.length > 0) {
  console.error('\nA room imports itself and what stands to its left:');
  for (const [end, rooms] of Object.entries(ENDS))
    console.error(`  ${end}: ${rooms.map(({ name }) => name).join(' < ')}`);
  process.exitCode = 1;
}
