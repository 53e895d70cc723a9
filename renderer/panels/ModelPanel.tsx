/** The model's card, what it runs on and why, and fields to open another or to get one. */
import type { ExecutorReport, ModelCard } from "../../engine/protocol/messages.ts";
import { Facts } from "./fields.tsx";
import { formatParameters } from "./numbers.ts";
import { OpenForm } from "./OpenForm.tsx";
import { useLook } from "./store-context.ts";
import { Words } from "./learn/Words.tsx";

export function ModelPanel() {
  const model = useLook((state) => state.model);
  const info = useLook((state) => state.info);
  return (
    <section aria-label="Model">
      <h2>Model</h2>
      <div className="card">
        {model ? <Card model={model} /> : <p className="next">No model is open yet.</p>}
      </div>
      {info && <Executors reports={info.executors} />}
      <OpenModel />
      <GetModel />
    </section>
  );
}

function Card({ model }: { model: ModelCard }) {
  const num = (text: string) => (
    <span className="num">
      <Words>{text}</Words>
    </span>
  );
  return (
    <>
      <strong>{model.name}</strong> <span className="faint">{model.variant}</span>
      {!model.trained && <p className="warning">untrained: random weights</p>}
      {model.note !== undefined && (
        <p className="note">
          <Words>{model.note}</Words>
        </p>
      )}
      <Facts
        facts={[
          {
            label: "source",
            text: (
              <span className="path" title={model.source}>
                {endOf(model.source)}
              </span>
            ),
          },
          { label: "parameters", text: num(formatParameters(model.parameters)) },
          ...shapeFacts(model),
          { label: "stored as", text: num(model.dtype) },
          { label: "preprocess", text: model.preprocess },
          ...(model.licence === undefined ? [] : [{ label: "licence", text: model.licence }]),
        ]}
      />
    </>
  );
}

/** A convolutional network has stages where a vision transformer has blocks of heads. */
function shapeFacts({ stages, ...model }: ModelCard) {
  const num = (text: string) => (
    <span className="num">
      <Words>{text}</Words>
    </span>
  );
  const patch = { label: "patch", text: num(`${model.patch} px`) };
  if (stages) {
    return [
      { label: "stages' widths", text: num(stages.widths.join("·")) },
      { label: "stages' blocks", text: num(stages.blocks.join("·")) },
      patch,
    ];
  }
  return [
    {
      label: "width·\u200bdepth·\u200bheads",
      means: { heads: "attention head" as const },
      text: num(`${model.width}·${model.depth}·${model.heads}`),
    },
    patch,
    { label: "registers", text: num(String(model.registers)) },
    { label: "feed-forward", text: model.feedForward === "mlp" ? "MLP" : "SwiGLU" },
  ];
}

function Executors({ reports }: { reports: readonly ExecutorReport[] }) {
  // What made the features on the stage, which is what counts, once there are any.
  const inUse = useLook((state) => state.features.main?.executor);
  const chosen = reports.find((one) => (inUse ? one.name === inUse : one.chosen));
  const others = reports.filter((one) => one !== chosen);
  return (
    <div className="card">
      {chosen ? (
        <>
          Runs on <strong>{chosen.name}</strong>
          {chosen.device !== undefined && <span className="faint"> {chosen.device}</span>}
          <p className="note">
            <Words>{chosen.reason}</Words>
          </p>
        </>
      ) : (
        <p className="warning">Nothing here can run a model.</p>
      )}
      {others.length > 0 && (
        <details>
          <summary>{others.length} not in use</summary>
          <dl className="reports">
            {others.map(({ name, reason, remedy }) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  <Words>{reason}</Words>
                  {remedy !== undefined && (
                    <span className="remedy">
                      <Words>{remedy}</Words>
                    </span>
                  )}
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </div>
  );
}

function OpenModel() {
  const models = useLook((state) => state.info?.models);
  const openModel = useLook((state) => state.openModel);
  const choose = async () => {
    const folder = await window.desktop?.openModelFolder();
    if (folder !== undefined) await openModel(folder);
  };
  return (
    <OpenForm
      label="Open another model"
      title="A model directory as Hugging Face writes it, or a checkpoint file"
      action="Open"
      offered={models?.map(({ name, path, trained }) => ({
        value: path,
        label: trained ? name : `${name}, untrained`,
      }))}
      onOpen={openModel}
    >
      {window.desktop && (
        <button type="button" className="wide" onClick={() => void choose()}>
          Choose a folder…
        </button>
      )}
    </OpenForm>
  );
}

/** Downloaded on the engine's machine, then opened. */
function GetModel() {
  const getModel = useLook((state) => state.getModel);
  return (
    <OpenForm
      label="A repository of the Hugging Face Hub"
      placeholder="facebook/dinov2-small"
      title="Downloaded once, into the Hub's cache on the engine's machine. A gated model needs an access token there: HF_TOKEN, or hf auth login."
      action="Get"
      onOpen={getModel}
    />
  );
}

/**
 * The last two parts of a path: the whole one is longer than the card is wide. In the Hub's cache
 * those are a commit; what a person knows is the repository.
 */
function endOf(path: string): string {
  const snapshot = /[\\/]models--([^\\/]+)[\\/]snapshots[\\/]/.exec(path);
  return snapshot ? snapshot[1]!.replace("--", "/") : path.split(/[\\/]/).slice(-2).join("/");
}
