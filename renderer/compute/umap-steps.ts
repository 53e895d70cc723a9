/** The steps and settings of a UMAP layout, as a person reads them. */
export const umapSteps = { search: "Finding neighbours", place: "Laying out patches" } as const;

export const isUmapStep = (label: string): boolean =>
  Object.values<string>(umapSteps).includes(label);

/** Neighbours of each point, itself among them, and the least distance, as in the paper's examples. */
export const umapSettings = { neighbours: 15, minDistance: 0.1 } as const;
