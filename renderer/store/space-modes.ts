/** What may be shown in space, and what the colours of points may say. */

/**
 * What the pane shows. `pca`: points at their first three components. `umap`: points that lie near
 * those they resemble. `surface`: the Gram matrix as a landscape.
 */
export const spaceModes = ["off", "pca", "umap", "surface"] as const;
export type SpaceMode = (typeof spaceModes)[number];

/** What a point's colour says. */
export const spaceColours = ["position", "cluster", "class", "pca", "similarity"] as const;
export type SpaceColour = (typeof spaceColours)[number];
