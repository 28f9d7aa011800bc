// What body-codings.ts takes of node:zlib, and the other way of it for tests: workerd has it, but the platform's package leaves its types out.
declare module 'node:zlib' {
  interface Bounds {
    readonly maxOutputLength: number;
    readonly params?: Readonly<Record<number, number>>;
  }
  type Inflate = (bytes: Uint8Array, bounds: Bounds) => Uint8Array<ArrayBuffer>;
  export const gunzipSync: Inflate;
  export const inflateSync: Inflate;
  export const inflateRawSync: Inflate;
  export const brotliDecompressSync: Inflate;
  export const zstdDecompressSync: Inflate;
  type Pack = (bytes: Uint8Array) => Uint8Array<ArrayBuffer>;
  export const gzipSync: Pack;
  export const deflateSync: Pack;
  export const deflateRawSync: Pack;
  export const brotliCompressSync: Pack;
  export const zstdCompressSync: Pack;
  export const constants: { readonly ZSTD_d_windowLogMax: number };
}
