/** Holds unit features off the page's thread and answers with the cosine maps of a query. */
import { SimilarityAnswers, type ToWorker } from "./similarity-answers.ts";

const answers = new SimilarityAnswers();

self.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  const message = answers.receive(data);
  if (!message) return;
  const transfer =
    message.type === "maps" ? message.maps.flatMap((map) => (map ? [map.values.buffer] : [])) : [];
  self.postMessage(message, { transfer });
});
