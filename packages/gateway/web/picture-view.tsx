import { useEffect, useRef, type KeyboardEvent } from "react";

interface PictureViewProps {
  readonly address: string;
  readonly name: string;
  readonly onClose: () => void;
}

/** One image over the whole page, until Escape, a click or its button. */
export function PictureView({ address, name, onClose }: PictureViewProps) {
  const dialog = useRef<HTMLDialogElement>(null);

  useEffect(() => dialog.current?.showModal(), []);

  function keepEscape(event: KeyboardEvent): void {
    // The dialog itself goes by it; what is behind shall stay.
    if (event.key === "Escape") event.stopPropagation();
  }

  return (
    <dialog
      ref={dialog}
      className="picture-view"
      aria-label={name}
      onKeyDown={keepEscape}
      onClose={onClose}
      onClick={() => dialog.current?.close()}
    >
      <button type="button" className="quiet-button">
        Close
      </button>
      <img src={address} alt={name} />
    </dialog>
  );
}
