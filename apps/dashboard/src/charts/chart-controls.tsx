import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Zoom } from './chart-options.js';

/** How all charts of a page are drawn. */
export interface ChartView {
  readonly smoothing: number;
  readonly logX: boolean;
  readonly logY: boolean;
  readonly zoom: Zoom;
}

export const plainView: ChartView = { smoothing: 0, logX: false, logY: false, zoom: undefined };

interface ChartControlsProps {
  readonly view: ChartView;
  /** Of the newest step. */
  readonly lastStep: number;
  onChange(view: ChartView): void;
}

export function ChartControls({ view, lastStep, onChange }: ChartControlsProps): JSX.Element {
  const { smoothing, logX, logY, zoom } = view;
  return (
    <form class="controls" aria-label="How charts are drawn" onSubmit={(event) => event.preventDefault()}>
      <label>
        Smoothing
        <input
          type="range"
          min="0"
          max="0.99"
          step="0.01"
          value={smoothing}
          onInput={({ currentTarget }) => onChange({ ...view, smoothing: Number(currentTarget.value) })}
        />
        <output>{smoothing.toFixed(2)}</output>
      </label>
      <label>
        <input type="checkbox" checked={logY} onChange={() => onChange({ ...view, logY: !logY })} /> log values
      </label>
      <label>
        <input type="checkbox" checked={logX} onChange={() => onChange({ ...view, logX: !logX })} /> log steps
      </label>
      <span class="controls-zoom">
        Steps
        <StepInput
          name="First step shown"
          value={zoom?.[0] ?? 1}
          onChange={(from) => onChange({ ...view, zoom: [from, Math.max(from + 1, zoom?.[1] ?? lastStep)] })}
        />
        –
        <StepInput
          name="Last step shown"
          value={zoom?.[1] ?? lastStep}
          onChange={(to) => onChange({ ...view, zoom: [Math.min(zoom?.[0] ?? 1, to - 1), to] })}
        />
        <button type="button" class="small" disabled={!zoom} onClick={() => onChange({ ...view, zoom: undefined })}>
          All
        </button>
      </span>
    </form>
  );
}

interface StepInputProps {
  readonly name: string;
  readonly value: number;
  onChange(step: number): void;
}

/** Takes effect when it is left or Enter is pressed, so that half a number is not a zoom. */
function StepInput({ name, value, onChange }: StepInputProps): JSX.Element {
  const [text, setText] = useState(String(value));
  useEffect(() => setText(String(value)), [value]);
  return (
    <input
      type="number"
      min="1"
      aria-label={name}
      value={text}
      onInput={({ currentTarget }) => setText(currentTarget.value)}
      onChange={() => {
        const step = Math.round(Number(text));
        if (step >= 1) onChange(step);
        else setText(String(value));
      }}
    />
  );
}
