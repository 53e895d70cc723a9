/** The steps of a UMAP layout, as a person reads them. */
export const umapSteps = { search: "Finding neighbours", place: "Laying out patches" } as const;

export const isUmapStep = (label: string): boolean =>
  Object.values<string>(umapSteps).includes(label);
