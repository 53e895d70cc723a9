/**
 * Where the Hub is, where its cache lies and who asks: from options, or from the variables and files
 * that the Hub's own client goes by.
 */
import { readFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { EngineError } from "../protocol/errors.ts";

export interface HubAccess {
  /** Address without a slash at its end. */
  readonly endpoint: string;
  /** The folder that holds `models--org--name`. */
  readonly cacheFolder: string;
  readonly token: HubToken | undefined;
  /** Nothing is asked of the network. */
  readonly isOffline: boolean;
}

export interface AccessOptions {
  readonly endpoint?: string | undefined;
  readonly token?: string | undefined;
}

type Variables = Readonly<Record<string, string | undefined>>;

export const usualEndpoint = "https://huggingface.co";

/** A token that no log, no error and no JSON shows by accident. */
export class HubToken {
  readonly #text: string;

  /** @throws EngineError "option.invalid", without the text */
  constructor(text: string, source: string) {
    this.#text = text.trim();
    // What else is in it would end the header or begin another.
    if (/^[\x21-\x7e]{1,512}$/.test(this.#text)) return;
    throw new EngineError("option.invalid", `${source}: expected an access token in one line`, {
      hint: "A token begins with hf_ and is made at https://huggingface.co/settings/tokens.",
    });
  }

  header(): string {
    return `Bearer ${this.#text}`;
  }

  toJSON(): string {
    return "a token";
  }
}

/**
 * @param variables HF_ENDPOINT, HF_TOKEN, HF_TOKEN_PATH, HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE,
 *   HF_HUB_DISABLE_IMPLICIT_TOKEN and XDG_CACHE_HOME count, as for huggingface_hub
 * @throws EngineError "option.invalid"
 */
export async function hubAccess(
  options: AccessOptions = {},
  variables: Variables = process.env,
): Promise<HubAccess> {
  const set = (name: string) => nonEmpty(variables[name]);
  const caches = set("XDG_CACHE_HOME") ?? path.join(os.homedir(), ".cache");
  const home = expanded(set("HF_HOME") ?? path.join(caches, "huggingface"));
  const cache = set("HF_HUB_CACHE") ?? set("HUGGINGFACE_HUB_CACHE") ?? path.join(home, "hub");
  const isQuiet = isTrue(set("HF_HUB_DISABLE_IMPLICIT_TOKEN"));
  const tokenFile = expanded(set("HF_TOKEN_PATH") ?? path.join(home, "token"));
  return {
    endpoint: checkedEndpoint(options.endpoint ?? set("HF_ENDPOINT") ?? usualEndpoint),
    cacheFolder: path.resolve(expanded(cache)),
    token:
      options.token === undefined
        ? isQuiet
          ? undefined
          : await usualToken(variables, tokenFile)
        : new HubToken(options.token, "--token"),
    isOffline: isTrue(set("HF_HUB_OFFLINE") ?? set("TRANSFORMERS_OFFLINE")),
  };
}

/** Whether what is sent there can be read by nobody on the way. */
export function isConfidential({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

async function usualToken(variables: Variables, file: string): Promise<HubToken | undefined> {
  for (const name of ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"]) {
    const text = nonEmpty(variables[name]);
    if (text !== undefined) return new HubToken(text, name);
  }
  // Most people have none, and then need none.
  const text = nonEmpty(await readFile(file, "utf8").catch(() => undefined));
  return text === undefined ? undefined : new HubToken(text, file);
}

function checkedEndpoint(text: string): string {
  const address = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = address && /^https?:$/.test(address.protocol) && address.username === "";
  if (isPlain && address.search === "" && address.hash === "") return text.replace(/\/+$/, "");
  throw new EngineError(
    "option.invalid",
    `endpoint: expected an address such as ${usualEndpoint}, received "${address ? `${address.protocol}//${address.host}` : text.slice(0, 200)}"`,
    { hint: "Give it with --endpoint or HF_ENDPOINT, without a name, a password or a query." },
  );
}

function expanded(folder: string): string {
  return folder.replace(/^~(?=$|[\\/])/, os.homedir());
}

function isTrue(text: string | undefined): boolean {
  return /^(1|on|yes|true)$/i.test(text ?? "");
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === "" ? undefined : text;
}
