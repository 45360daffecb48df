import { type ReactNode, useState } from "react";
import { textOf } from "../errors.ts";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { FormError } from "./form-error.tsx";

interface ConfirmDialogProps {
  title: string;
  /** What it is that is asked for, on its button. */
  action: string;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
  /** What comes of it. */
  children: ReactNode;
}

/** Asks before what can't be undone; a refusal is said in place. */
export function ConfirmDialog({ title, action, onConfirm, onClose, children }: ConfirmDialogProps) {
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<string>();
  const confirm = async () => {
    setIsBusy(true);
    try {
      await onConfirm();
      onClose();
    } catch (thrown) {
      setError(textOf(thrown));
      setIsBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      <FormError text={error} />
      <div className="dialog-actions">
        <Button onPress={onClose}>Cancel</Button>
        <Button look="danger" onPress={() => void confirm()} isPending={isBusy} autoFocus>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
