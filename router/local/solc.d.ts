// The part of the compiler's package that is used here: it has no types of its own.
declare module 'solc' {
  type Read = (path: string) => { contents: string } | { error: string };
  const solc: { compile(input: string, doors?: { import: Read }): string };
  export default solc;
}
