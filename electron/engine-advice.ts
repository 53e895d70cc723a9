/** What an engine's end means to a person: how it ended in words, and what can be done about it. */

interface Advice {
  readonly sign: RegExp;
  readonly hint: string;
}

const outOfMemory =
  "It ran out of memory. Close other programs, or choose a smaller model or a smaller size.";

/** The first whose sign stands in the last words. */
const advices: readonly Advice[] = [
  {
    sign: /heap out of memory|bad_alloc|Cannot allocate memory|ENOMEM|out of memory/i,
    hint: outOfMemory,
  },
  {
    sign: /GLIBC_[\d.]+' not found|GLIBCXX_[\d.]+' not found/,
    hint: "This system's C library is too old: Gramscope needs Debian 12, Ubuntu 22.04, RHEL 9 or later.",
  },
  {
    sign: /ERR_DLOPEN_FAILED|cannot open shared object file|specified module could not be found|invalid ELF header|incompatible architecture/,
    hint: `A native part of the engine could not be loaded. Install the Gramscope that is made for ${process.platform} ${process.arch}; in a checkout, run npm ci.`,
  },
  {
    sign: /ERR_MODULE_NOT_FOUND|MODULE_NOT_FOUND|Cannot find (module|package)/,
    hint: "A part of the engine is missing. Install Gramscope again; in a checkout, run npm ci and npm run build.",
  },
  { sign: /ENOSPC/, hint: "The disk is full. Make room and start the engine again." },
  { sign: /EMFILE|ENFILE/, hint: "Too many files are open. Close other programs." },
];

const otherwise =
  "If this happens again, send the diagnostics (File, Export diagnostics) with a description of what you did.";

/** One or two sentences that a person can act on. */
export function adviceFor(lastWords: readonly string[], signal?: string): string {
  const text = lastWords.join("\n");
  const known = advices.find(({ sign }) => sign.test(text));
  if (known) return known.hint;
  // Nothing but the system's own guard, or a person, sends SIGKILL; it leaves no last words.
  if (signal === "SIGKILL")
    return `The system ended it, most likely for its memory. ${outOfMemory}`;
  return otherwise;
}

/** @param code absent where a signal ended it */
export function describeEnd(code: number | undefined, signal?: string): string {
  if (signal !== undefined) return `it was ended by ${signal}`;
  if (code === 0) return "it ended by itself";
  return `it ended with code ${code ?? "unknown"}`;
}
