/**
 * A language that Intl knows. With LANG=C, Chromium calls its own "en-US@posix", and uPlot asks
 * Intl for numbers in the browser's language while it is loaded: the page would not start.
 */
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, "language", { value: "en-US", configurable: true });
}
