/** The photographs: the samples in the box and those that were dropped, pasted or opened. */
import type { ImageState, NamedFile, Photograph } from "./image-state.ts";
import type { Slice } from "./look.ts";
import { int32Values, type WireTensor } from "../../engine/protocol/tensor.ts";

export const imageSlice: Slice<ImageState> = (set, get, { engine }) => {
  let nextFile = 1;
  const opening = new Map<string, Promise<boolean>>();

  const find = (key: string) => get().photographs.find((one) => one.key === key);
  const edit = (key: string, change: Partial<Photograph>) =>
    set({
      photographs: get().photographs.map((one) => (one.key === key ? { ...one, ...change } : one)),
    });

  const openNow = async (photograph: Photograph): Promise<boolean> => {
    const { key, name, file } = photograph;
    const reply = await get().run(`Opening ${name}`, async (options) =>
      file
        ? engine.call("image.open", { name, bytes: await bytesOf(file) }, options)
        : engine.call("image.sample", { name: key }, options),
    );
    if (!reply || !find(key)) return false;
    const { preview, ...info } = reply;
    if (photograph.previewUrl !== undefined) URL.revokeObjectURL(photograph.previewUrl);
    const blob = new Blob([preview.data.slice()], { type: "image/webp" });
    edit(key, {
      name: info.name,
      info,
      size: { width: info.width, height: info.height },
      previewUrl: URL.createObjectURL(blob),
      credit: info.credit ?? photograph.credit,
    });
    return true;
  };

  const ensureOpen = async (key: string): Promise<boolean> => {
    const photograph = find(key);
    if (!photograph) return false;
    if (photograph.info) return true;
    const already = opening.get(key);
    if (already) return already;
    const promise = openNow(photograph).finally(() => opening.delete(key));
    opening.set(key, promise);
    return promise;
  };

  const close = ({ info, previewUrl }: Photograph) => {
    if (previewUrl !== undefined) URL.revokeObjectURL(previewUrl);
    if (info) engine.call("image.close", { image: info.id }).catch(() => {});
  };

  const forget = (key: string) => {
    const gone = find(key);
    if (!gone) return;
    const photographs = get().photographs.filter((one) => one.key !== key);
    set({ photographs, panes: get().panes.filter((pane) => pane.photograph !== key) });
    close(gone);
    if (get().active !== key) return;
    const next = photographs.find((one) => one.info) ?? photographs[0];
    set({ active: undefined });
    if (next) void get().quietly(() => get().choose(next.key));
  };

  const blankFile = ({ name, blob, path, labels }: NamedFile): Photograph => ({
    ...blank(`file ${nextFile++}`, name, undefined, blob),
    path,
    labels,
  });

  return {
    photographs: [],
    active: undefined,
    ensureOpen,
    addSamples(samples) {
      const known = get().photographs;
      const added = samples
        .filter(({ name }) => !known.some((one) => one.key === name))
        .map(({ name, credit }) => blank(name, name, credit, undefined));
      set({ photographs: [...known, ...added] });
    },
    async openFiles(files) {
      get().record("open photographs");
      const added = files.map(blankFile);
      set({ photographs: [...added, ...get().photographs] });
      if (get().connection.kind !== "open") {
        // They wait for the engine; the first is on the stage when it is there.
        set({ active: added[0]?.key ?? get().active });
        return;
      }
      let shown = false;
      for (const { key } of added) {
        if (!(await ensureOpen(key))) forget(key);
        else if (!shown) {
          shown = true;
          await get().quietly(() => get().choose(key));
        }
      }
    },
    async joinFiles(files) {
      const keys: string[] = [];
      const added: string[] = [];
      for (const file of files) {
        const same = await findSame(get().photographs, file);
        const photograph = same ?? blankFile(file);
        if (!same) {
          set({ photographs: [photograph, ...get().photographs] });
          added.push(photograph.key);
        }
        keys.push(photograph.key);
        if (await ensureOpen(photograph.key)) continue;
        for (const key of added) forget(key);
        return undefined;
      }
      return keys;
    },
    async choose(key) {
      const before = get().active;
      if (key !== before) get().record(`choose ${key}`);
      set({ active: key });
      if (!(await ensureOpen(key)) && get().active === key && before !== key) {
        set({ active: before });
      }
    },
    async labelPhotograph(key, { name, blob, path }, names) {
      const bytes = await bytesOf(blob);
      const reply = await get().run("Reading the labels", (options) =>
        engine.call("image.labels", { name, bytes }, options),
      );
      const size = find(key)?.size;
      if (!reply || !size) return;
      const [height = 0, width = 0] = reply.values.shape;
      // A smaller picture of the same shape is as good: a patch covers many pixels.
      if (Math.abs(width / height - size.width / size.height) > 0.01) {
        const expected = `${size.width} × ${size.height} pixels, as the photograph has`;
        const message = `${name}: expected ${expected}, or the same shape, received ${width} × ${height}`;
        get().notify(
          "error",
          message,
          "Choose the picture of labels that belongs to this photograph.",
        );
        return;
      }
      const file = { name, bytes, path };
      edit(key, { labels: { width, height, values: integersOf(reply.values), file, names } });
    },
    remove(key) {
      if (find(key)) get().record(`remove ${key}`);
      forget(key);
    },
    putPhotographs(wanted) {
      // Before the first connection there were none; that is no list to go back to.
      if (wanted.length === 0) return;
      const here = new Map(get().photographs.map((one) => [one.key, one]));
      const photographs = wanted.map(
        (one) => here.get(one.key) ?? { ...one, info: undefined, previewUrl: undefined },
      );
      const kept = new Set(photographs.map(({ key }) => key));
      for (const one of here.values()) if (!kept.has(one.key)) close(one);
      set({ photographs });
      for (const { key } of photographs) if (!here.has(key)) void ensureOpen(key);
    },
    async openRemaining() {
      for (const { key } of get().photographs) {
        // The connection may end half way; then the rest is for the next one.
        if (get().connection.kind !== "open") return;
        await ensureOpen(key);
      }
    },
    forgetOpened() {
      set({ photographs: get().photographs.map((one) => ({ ...one, info: undefined })) });
    },
  };
};

function blank(
  key: string,
  name: string,
  credit: string | undefined,
  file: Blob | undefined,
): Photograph {
  return {
    key,
    name,
    credit,
    file,
    info: undefined,
    size: undefined,
    previewUrl: undefined,
  };
}

const integersOf = (tensor: WireTensor): Uint8Array | Int32Array =>
  tensor.dtype === "uint8" ? tensor.data.slice() : int32Values(tensor);

async function bytesOf(blob: Blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  return { dtype: "uint8" as const, shape: [bytes.length], data: bytes };
}

/** The photograph that is these very bytes under this name. */
async function findSame(
  photographs: readonly Photograph[],
  { name, blob }: NamedFile,
): Promise<Photograph | undefined> {
  for (const one of photographs) {
    if (!one.file || one.name !== name || one.file.size !== blob.size) continue;
    const [a, b] = await Promise.all([one.file.arrayBuffer(), blob.arrayBuffer()]);
    const [first, second] = [new Uint8Array(a), new Uint8Array(b)];
    if (first.every((byte, index) => byte === second[index])) return one;
  }
  return undefined;
}
