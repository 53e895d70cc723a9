/** A page of one chart alone, with curves that are made up: what it draws is what the program draws. */
import { useState } from "react";
import { createRoot } from "react-dom/client";
import { CurveChart, type ChartSeries } from "../../renderer/charts/CurveChart.tsx";

const count = 20;
const points = 100_000;

const series: ChartSeries[] = Array.from({ length: count }, (_, index) => ({
  key: String(index),
  label: `run ${index}`,
  colourIndex: index,
  steps: Array.from({ length: points }, (_, i) => i + 1),
  values: Array.from(
    { length: points },
    (_, i) => 5 + index / 5 + Math.sin(i / 1000 + index) + Math.sin(i * i + index) / 4,
  ),
}));

function Alone() {
  const [cursorStep, setCursor] = useState<number | null>(null);
  return (
    <CurveChart
      title="Loss"
      series={series}
      smoothing={0}
      log={false}
      cursorStep={cursorStep}
      onCursor={setCursor}
    />
  );
}

createRoot(document.body.appendChild(document.createElement("div"))).render(<Alone />);
