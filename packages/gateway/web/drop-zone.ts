import { useState, type DragEvent } from "react";

/** What an element needs to take files that are dropped on it. */
export interface DropZone {
  readonly isOver: boolean;
  readonly handlers: {
    readonly onDragOver: (event: DragEvent) => void;
    readonly onDragLeave: (event: DragEvent) => void;
    readonly onDrop: (event: DragEvent) => void;
  };
}

/** Takes dropped files. Without it the browser would leave the page to show a file that missed its place. */
export function useDropZone(onFiles: (files: readonly File[]) => void): DropZone {
  const [isOver, setOver] = useState(false);
  return {
    isOver,
    handlers: {
      onDragOver(event) {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        setOver(true);
      },
      onDragLeave(event) {
        const { relatedTarget: next, currentTarget: zone } = event;
        // It is told of every element inside that is left for another one.
        if (!(next instanceof Node && zone.contains(next))) setOver(false);
      },
      onDrop(event) {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        setOver(false);
        onFiles([...event.dataTransfer.files]);
      },
    },
  };
}
