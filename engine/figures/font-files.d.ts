/** What the build makes of a font that is asked for inline: its address with the data in it. */
declare module "*.woff?inline" {
  const address: string;
  export { address as default };
}
