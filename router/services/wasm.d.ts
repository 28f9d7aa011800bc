// A file of the Worker that the platform compiles.
declare module '*.wasm' {
  const module: WebAssembly.Module;
  // oxlint-disable-next-line import/no-default-export -- the platform's form
  export default module;
}
