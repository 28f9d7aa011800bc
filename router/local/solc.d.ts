// The part of the compiler's package that is used here: it has no types of its own.
declare module 'solc' {
  const solc: { compile(input: string): string };
  export default solc;
}
