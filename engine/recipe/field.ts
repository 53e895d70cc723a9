/** What a setting of a recipe is, as data: an editor draws it, zod checks it, a message explains it. */
import { z } from "zod";

export const fieldGroups = [
  "run",
  "data",
  "crops",
  "augmentation",
  "heads",
  "losses",
  "gram",
  "masks",
  "optimiser",
  "teacher",
  "distillation",
  "files",
] as const;
export type FieldGroup = (typeof fieldGroups)[number];

export type FieldKind =
  "integer" | "number" | "boolean" | "choice" | "text" | "object" | "list" | "choiceOrObject";

/** T is the type of the setting in a resolved recipe. */
export interface Field<T = unknown> {
  readonly group: FieldGroup;
  readonly kind: FieldKind;
  readonly default: T;
  /** Smallest and largest value, both allowed; of a list, of its length. */
  readonly range?: readonly [number, number];
  /** "" where the number is a bare number. */
  readonly unit: string;
  /** Where the default comes from: a section of the paper or of reference dinov3.md. */
  readonly source: string;
  readonly help: string;
  readonly choices?: readonly string[];
  /** null is allowed, and `help` says what it stands for. */
  readonly nullable: boolean;
  /** Of an object: its own settings. */
  readonly parts?: Fields;
  /** Of a list: what each entry is. */
  readonly item?: Field;
}

export type Fields = Readonly<Record<string, Field>>;

/** The values of a table of fields, every default written out. */
export type ValuesOf<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never;
};

interface Words {
  readonly group: FieldGroup;
  readonly unit?: string;
  readonly source: string;
  readonly help: string;
}

interface NumberWords extends Words {
  readonly default: number;
  readonly range: readonly [number, number];
}

export function integer(words: NumberWords): Field<number> {
  return { unit: "", ...words, kind: "integer", nullable: false };
}

export function number(words: NumberWords): Field<number> {
  return { unit: "", ...words, kind: "number", nullable: false };
}

export function boolean(words: Words & { readonly default: boolean }): Field<boolean> {
  return { unit: "", ...words, kind: "boolean", nullable: false };
}

/** Text that is not empty; a path is relative to the recipe's own folder, and hf:ORG/NAME a model of the Hub. */
export function text(words: Words & { readonly default: string }): Field<string> {
  return { unit: "", ...words, kind: "text", nullable: false };
}

export function choice<const C extends readonly string[]>(
  words: Words & { readonly default: C[number]; readonly choices: C },
): Field<C[number]> {
  return { unit: "", ...words, kind: "choice", nullable: false };
}

/** An object of settings; what it leaves out takes the default of its part. */
export function object<F extends Fields>(words: Words & { readonly parts: F }): Field<ValuesOf<F>> {
  const values = defaultsOf(words.parts);
  return { unit: "", ...words, kind: "object", nullable: false, default: values };
}

export function list<T>(
  item: Field<T>,
  words: Words & { readonly range: readonly [number, number] },
): Field<readonly T[]> {
  return { unit: "", ...words, kind: "list", nullable: false, default: [], item };
}

/** One of a few names, or an object that says the same in full. */
export function choiceOrObject<const C extends readonly string[], F extends Fields>(
  words: Words & { readonly default: C[number]; readonly choices: C; readonly parts: F },
): Field<C[number] | ValuesOf<F>> {
  return { unit: "", ...words, kind: "choiceOrObject", nullable: false };
}

/** The same setting, with null allowed and the default. */
export function orNull<T>(field: Field<T>): Field<T | null> {
  return { ...field, default: null, nullable: true };
}

export function defaultsOf<F extends Fields>(fields: F): ValuesOf<F> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, field]) => [key, structuredClone(field.default)]),
  ) as unknown as ValuesOf<F>;
}

/** The zod schema of one setting; it needs a value. */
export function schemaOf<T>(field: Field<T>): z.ZodType<T> {
  const schema = plainSchema(field);
  return (field.nullable ? schema.nullable() : schema) as unknown as z.ZodType<T>;
}

/** The zod schema of a table: strict, with every default. */
export function objectSchema<F extends Fields>(fields: F): z.ZodType<ValuesOf<F>> {
  const shape = Object.fromEntries(
    Object.entries(fields).map(([key, field]) => [
      key,
      schemaOf(field).default(() => structuredClone(field.default)),
    ]),
  );
  return z.strictObject(shape) as unknown as z.ZodType<ValuesOf<F>>;
}

function plainSchema(field: Field): z.ZodType {
  const [low, high] = field.range ?? [-Infinity, Infinity];
  switch (field.kind) {
    case "integer":
      return z.int().min(low).max(high);
    case "number":
      return z.number().min(low).max(high);
    case "boolean":
      return z.boolean();
    case "text":
      return z.string().min(1);
    case "choice":
      return z.enum(field.choices!);
    case "object":
      return objectSchema(field.parts!);
    case "list":
      return z.array(schemaOf(field.item!)).min(low).max(high);
    case "choiceOrObject":
      return z.union([z.enum(field.choices!), objectSchema(field.parts!)]);
  }
}

/** What a setting may be, for a message: "an integer from 1 to 64 (patches)". */
export function describeField(field: Field): string {
  return plainDescription(field) + (field.nullable ? ", or null" : "");
}

function plainDescription({ kind, range, unit, choices = [] }: Field): string {
  const from = range ? ` from ${range[0]} to ${range[1]}` : "";
  const inUnit = unit ? ` (${unit})` : "";
  const names = choices.map((name) => JSON.stringify(name)).join(", ");
  switch (kind) {
    case "integer":
      return `an integer${from}${inUnit}`;
    case "number":
      return `a number${from}${inUnit}`;
    case "boolean":
      return "true or false";
    case "text":
      return "text that is not empty";
    case "choice":
      return `one of ${names}`;
    case "object":
      return "an object";
    case "list":
      return `a list of ${range![0]} to ${range![1]} entries`;
    case "choiceOrObject":
      return `one of ${names}, or an object`;
  }
}
