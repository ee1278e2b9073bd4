import { useLayoutEffect, useRef, type ComponentProps } from "react";

interface PassingButtonProps extends ComponentProps<"button"> {
  /** The id of the element that gets the keyboard from it, by default the message field. */
  readonly next?: string;
}

/**
 * A button that is there, or can be used, for a while only, like that which stops a run. Where it goes away while it has the keyboard, pressed or
 * not, it hands that on, and where it is disabled it keeps it: without this the keyboard would be nowhere.
 */
export function PassingButton({
  next = MESSAGE_FIELD,
  disabled = false,
  onClick,
  ...props
}: PassingButtonProps) {
  const own = useRef<HTMLButtonElement>(null);

  useLayoutEffect(() => {
    const button = own.current;
    return () => {
      if (document.activeElement === button) document.getElementById(next)?.focus();
    };
  }, [next]);

  return (
    <button
      type="button"
      {...props}
      ref={own}
      aria-disabled={disabled}
      onClick={(event) => {
        event.currentTarget.focus(); // which Safari leaves out
        if (!disabled) onClick?.(event);
      }}
    />
  );
}

export function focusMessageField(): void {
  document.getElementById(MESSAGE_FIELD)?.focus();
}

const MESSAGE_FIELD = "message";
