import { sizeWords, type AttachedPicture } from "./attaching.ts";
import { PassingButton } from "./passing-button.tsx";

interface AttachedPicturesProps {
  readonly pictures: readonly AttachedPicture[];
  readonly onRemove: (id: string) => void;
}

/** The images that will go with the next message, each with the way to take it out again. */
export function AttachedPictures({ pictures, onRemove }: AttachedPicturesProps) {
  if (pictures.length === 0) return null;
  return (
    <ul className="attached" aria-label="Attached images">
      {pictures.map(({ id, name, bytes, address }) => (
        <li key={id} title={`${name}, ${sizeWords(bytes)}`}>
          <img src={address} alt={name} />
          <PassingButton aria-label={`Remove ${name}`} onClick={() => onRemove(id)}>
            <svg viewBox="0 0 20 20" aria-hidden="true">
              <path d="m6 6 8 8M14 6l-8 8" />
            </svg>
          </PassingButton>
        </li>
      ))}
    </ul>
  );
}
