// What `npm start` runs. Plain JavaScript, so that a Node too old for the rest, or an unfinished install, gives a sentence and not a stack.

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  fail(
    `Node ${process.versions.node} cannot run this. Run "npm install" here: it brings the right Node along, and npm scripts use it.`,
  );
} else {
  await import('./start.ts').catch((/** @type {NodeJS.ErrnoException} */ cause) => {
    if (cause.code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    fail(`A package is missing (${cause.message.split('\n')[0]}). Run "npm install" in this folder.`);
  });
}

/** @param {string} message */
function fail(message) {
  process.stderr.write(`irori: ${message}\n`);
  process.exitCode = 1;
}
