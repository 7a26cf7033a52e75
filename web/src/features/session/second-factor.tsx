// A second factor: an authenticator whose codes are asked for beside the password.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, type Schemas } from "@/api/client";
import { refusalOf, unplaced } from "@/api/problem";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Copy } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { FormEnd } from "@/ui/form-end";
import { Card } from "@/ui/page";
import { QrCode } from "@/ui/qr-code";
import { submitting } from "@/ui/submitting";
import { say } from "@/ui/toast";

export function SecondFactor({ isOn }: { isOn: boolean }) {
  const [isOpen, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <Card
      title="Second factor"
      actions={isOn ? <Badge tone="good">On</Badge> : <Badge tone="slow">Off</Badge>}
    >
      <div className="flex flex-col items-start gap-4">
        <p className="max-w-prose">
          {isOn
            ? "Whoever signs in as you is asked for a code of your authenticator too."
            : "Your password alone is enough to sign in as you. With a second factor, the code of an authenticator app is asked for too."}
        </p>
        <Button look={isOn ? "danger" : "plain"} onClick={() => setOpen(true)}>
          {isOn ? "Take it away" : "Set it up"}
        </Button>
      </div>
      {isOpen && (isOn ? <TakeAway onClose={close} /> : <SetUp onClose={close} />)}
    </Card>
  );
}

/** First the password, then what the authenticator must be told, and its first code. */
function SetUp({ onClose }: { onClose: () => void }) {
  const [enrolment, setEnrolment] = useState<Schemas["TotpEnrolment"]>();
  return (
    <Dialog title="Set up a second factor" onClose={onClose}>
      {enrolment ? (
        <Confirmation enrolment={enrolment} onClose={onClose} />
      ) : (
        <Proof
          says="Your password first: who walks up to an open screen does not know it."
          action="Go on"
          prove={async (password) =>
            setEnrolment(await answer(api.POST("/session/totp", { body: { password } })))
          }
          onClose={onClose}
        />
      )}
    </Dialog>
  );
}

function Confirmation({
  enrolment: { secret, uri },
  onClose,
}: {
  enrolment: Schemas["TotpEnrolment"];
  onClose: () => void;
}) {
  const client = useQueryClient();
  const confirm = useMutation({
    mutationFn: (form: FormData) => {
      const code = String(form.get("code") ?? "").replace(/\s/g, "");
      return answer(api.POST("/session/totp/confirm", { body: { code } }));
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["session"] });
      say("The second factor is on");
      onClose();
    },
  });
  return (
    <form onSubmit={submitting(confirm.mutate)} className="flex flex-col gap-4">
      <p>Read this code with your authenticator app. It is shown this once.</p>
      <div className="self-center">
        <QrCode text={uri} label="QR code of the second factor; its secret stands below as text" />
      </div>
      <Told name="Or type this secret" text={secret} />
      <Told name="Or open this address" text={uri} />
      <TextField
        label="Code"
        name="code"
        required
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={7}
        hint="The six digits that the app shows now. Until it is confirmed, no code is asked for."
        error={refusalOf(confirm.error)?.field("/code")}
      />
      <FormEnd complaint={unplaced(confirm.error, ["/code"])} busy={confirm.isPending} onCancel={onClose}>
        Turn it on
      </FormEnd>
    </form>
  );
}

function Told({ name, text }: { name: string; text: string }) {
  return (
    <div>
      <p className="mb-1 font-medium">{name}</p>
      <div className="flex items-center gap-2 rounded-md bg-raised p-2">
        <code className="foreign grow font-mono text-xs">{text}</code>
        <Copy text={text} what={name === "Or type this secret" ? "the secret" : "the address"} />
      </div>
    </div>
  );
}

function TakeAway({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  return (
    <Dialog title="Take the second factor away" onClose={onClose}>
      <Proof
        says="From then on your password alone is enough to sign in as you."
        action="Take it away"
        isDanger
        prove={async (password) => {
          await answer(api.DELETE("/session/totp", { body: { password } }));
          await client.invalidateQueries({ queryKey: ["session"] });
          say("The second factor is off");
          onClose();
        }}
        onClose={onClose}
      />
    </Dialog>
  );
}

/** Asks for the password, and goes on with it. */
function Proof({
  says,
  action,
  isDanger,
  prove,
  onClose,
}: {
  says: string;
  action: string;
  isDanger?: boolean;
  prove: (password: string) => Promise<void>;
  onClose: () => void;
}) {
  const ask = useMutation({ mutationFn: (form: FormData) => prove(String(form.get("password") ?? "")) });
  return (
    <form onSubmit={submitting(ask.mutate)} className="flex flex-col gap-4">
      <p>{says}</p>
      <TextField
        label="Password"
        name="password"
        type="password"
        required
        autoFocus
        autoComplete="current-password"
        error={refusalOf(ask.error)?.field("/password")}
      />
      <FormEnd
        complaint={unplaced(ask.error, ["/password"])}
        busy={ask.isPending}
        look={isDanger ? "danger" : "primary"}
        onCancel={onClose}
      >
        {action}
      </FormEnd>
    </form>
  );
}
