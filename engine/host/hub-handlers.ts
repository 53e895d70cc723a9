/** Requests about the Hugging Face Hub. The token is the engine's own: no page sends or sees one. */
import { hubAccess, type HubAccess } from "../hub/access.ts";
import { getModel } from "../hub/get-model.ts";
import { hubPrefix, parseRepository, usualRevision } from "../hub/repository.ts";
import type { Handlers } from "../protocol/connection.ts";
import type { hubRequests } from "../protocol/hub.ts";

export function hubHandlers(
  access: () => Promise<HubAccess> = hubAccess,
): Handlers<typeof hubRequests> {
  return {
    "hub.get": async ({ repository: text }, { signal, progress }) => {
      const repository = parseRepository(text.trim());
      const got = await getModel(repository, await access(), {
        signal,
        progress: (fraction, label, remainingMs) =>
          progress({ fraction, label, ...(remainingMs === undefined ? {} : { remainingMs }) }),
      });
      const { id, revision } = repository;
      const { commit, downloadedBytes, note } = got;
      const name = `${hubPrefix}${id}${revision === usualRevision ? "" : `@${revision}`}`;
      return { name, commit, downloadedBytes, ...(note === undefined ? {} : { note }) };
    },
  };
}
