import { useState } from "react";

interface TokenFormProps {
  /** Why the gateway refused the token it was given; undefined when it was given none. */
  readonly problem: string | undefined;
  readonly onToken: (token: string) => void;
}

/** Asks for the gateway's token. It is kept for this tab only and never becomes part of an address. */
export function TokenForm({ problem, onToken }: TokenFormProps) {
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
        {problem !== undefined && `The gateway did not accept it (${problem}). Check it and try again.`}
      </p>
    </form>
  );
}
