/** What the build makes of WebAssembly text: vite.wat.ts. */
declare module "*.wat" {
  export const bytes: Uint8Array<ArrayBuffer>;
}
