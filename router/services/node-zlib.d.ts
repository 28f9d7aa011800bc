// What body-codings.ts takes of node:zlib, which workerd has and whose types the platform's package leaves out.
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
  export const constants: { readonly ZSTD_d_windowLogMax: number };
}
