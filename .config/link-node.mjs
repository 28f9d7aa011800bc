// Gives npm's scripts the Node of the lock file, as node_modules/.bin/node. Runs after every install. npm 11 has made that link itself; npm 10
// takes it away again with the packages of the other systems, which have one of the same name. Plain JavaScript, since the Node here may be an old one.
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);
const { optionalDependencies } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
const bin = new URL('node_modules/.bin/', root);
const isWindows = process.platform === 'win32';
const link = new URL(isWindows ? 'node.cmd' : 'node', bin);
const name = Object.keys(optionalDependencies).find((one) => existsSync(new URL(`node_modules/${one}/bin`, root)));

if (name && !existsSync(link)) {
  mkdirSync(bin, { recursive: true });
  if (isWindows) writeFileSync(link, `@"%~dp0\\..\\${name}\\bin\\node.exe" %*\r\n`);
  else symlinkSync(`../${name}/bin/node`, link);
}
