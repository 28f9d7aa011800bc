// What digest.ts takes of node:crypto: workerd has it, but the platform's package leaves its types out.
declare module 'node:crypto' {
  export interface Hash {
    update(bytes: Uint8Array): Hash;
    digest(): Uint8Array<ArrayBuffer>;
    digest(encoding: 'hex'): string;
  }
  export function createHash(name: 'sha256'): Hash;
}
