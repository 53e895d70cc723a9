/** What the window shows while no engine runs that could serve its page: why, and what to do. */
import { restartAddress } from "./navigation.ts";

export interface Failure {
  readonly reason: string;
  readonly hint: string;
  readonly lastWords: readonly string[];
}

/** It loads nothing and runs no script; its one button is a link that the window understands. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const style = `
  :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
  body { margin: 12vh auto; max-width: 44rem; padding: 0 2rem; }
  h1 { font-size: 1.3rem; }
  a { display: inline-block; margin: 0.5rem 0; padding: 0.4rem 1rem; border-radius: 6px;
      color: #fff; background: #21717c; text-decoration: none; }
  a:focus-visible { outline: 3px solid #fde725; outline-offset: 2px; }
  pre { overflow: auto; max-height: 40vh; padding: 0.75rem; border: 1px solid #8886;
        border-radius: 6px; font-size: 13px; white-space: pre-wrap; }
`;

/** Shown for the moment before the engine answers. */
export const startingPage = page("<p>The engine is starting …</p>");

/** The address of a page, which carries the page itself. */
export function failurePage({ reason, hint, lastWords }: Failure): string {
  const words = lastWords.length === 0 ? "It left no message." : lastWords.map(escape).join("\n");
  return page(`<h1>${escape(reason)}</h1>
<p>${escape(hint)}</p>
<p><a href="${restartAddress}">Start the engine again</a></p>
<p>Its last words:</p>
<pre>${words}</pre>`);
}

function page(body: string): string {
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>Gramscope</title>
<style>${style}</style>
${body}
</html>`;
  return `data:text/html;charset=utf-8,${encodeURIComponent(html)}`;
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Last words are an outsider's text: file names, models, anything. */
function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character]!);
}
