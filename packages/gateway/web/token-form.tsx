import { useState } from "react";

interface TokenFormProps {
  /** Why the gateway did not let the page in. */
  readonly reason: string;
  readonly onToken: (token: string) => void;
}

/** Asks for the gateway's token. It is kept for this tab only and never becomes part of an address. */
export function TokenForm({ reason, onToken }: TokenFormProps) {
  const [token, setToken] = useState("");
  return (
    <form
      className="token-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (token.trim() !== "") onToken(token.trim());
      }}
    >
      <h2>This gateway asks for a token</h2>
      <p>
        Whoever runs the gateway has set it. The page keeps it until you close this tab and sends it to this
        gateway only.
      </p>
      <label htmlFor="token">Token</label>
      <div className="field-row">
        <input
          id="token"
          type="password"
          autoComplete="off"
          autoFocus
          value={token}
          aria-describedby="token-problem"
          onChange={(event) => setToken(event.target.value)}
        />
        <button type="submit" className="main-button" disabled={token.trim() === ""}>
          Connect
        </button>
      </div>
      <p id="token-problem" className="field-problem" role="alert">
        The gateway said: {reason}
      </p>
    </form>
  );
}
