// A token that was just made: the one time that its secret is shown.
import type { Schemas } from "@/api/client";
import { Button } from "@/ui/button";
import { Copy } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";

export function TokenSecret({ token, onClose }: { token: Schemas["NewToken"]; onClose: () => void }) {
  const environment = `export NETSCAN_SERVER=${window.location.origin} NETSCAN_TOKEN=${token.token}`;
  return (
    <Dialog title={`${token.name} is made`} onClose={onClose} wide>
      <p role="alert" className="rounded-md bg-slow-soft p-3 font-medium text-slow">
        Copy it now: it is shown this once, and nobody can look it up later. Whoever has it can do what it
        may.
      </p>
      <Secret name="The token" text={token.token} />
      <Secret name="For the command line" text={environment} />
      <footer className="flex justify-end">
        <Button look="primary" onClick={onClose}>
          I have copied it
        </Button>
      </footer>
    </Dialog>
  );
}

function Secret({ name, text }: { name: string; text: string }) {
  return (
    <div>
      <p className="mb-1 font-medium">{name}</p>
      <div className="flex items-center gap-2 rounded-md bg-raised p-2">
        <code className="foreign grow font-mono text-xs">{text}</code>
        <Copy text={text} what={name.toLowerCase()} />
      </div>
    </div>
  );
}
