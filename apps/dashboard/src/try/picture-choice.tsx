import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';

interface PictureChoiceProps {
  readonly picture: File | undefined;
  /** What the picture is for. */
  readonly alt: string;
  onChange(picture: File | undefined): void;
}

/** A picture of the user's own, dropped or chosen. */
export function PictureChoice({ picture, alt, onChange }: PictureChoiceProps): JSX.Element {
  const [isOver, setOver] = useState(false);
  const url = useMemo(() => picture && URL.createObjectURL(picture), [picture]);
  useEffect(() => () => void (url !== undefined && URL.revokeObjectURL(url)), [url]);
  const take = (files: FileList | null | undefined): void => {
    const file = files?.[0];
    if (file) onChange(file);
  };
  return (
    <label
      class={`drop ${isOver ? 'drop-over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files);
      }}
    >
      {url ? <img src={url} alt={alt} /> : <span>Drop a picture here, or choose one</span>}
      <input
        type="file"
        accept="image/*"
        aria-label={alt}
        onChange={({ currentTarget }) => take(currentTarget.files)}
      />
    </label>
  );
}
