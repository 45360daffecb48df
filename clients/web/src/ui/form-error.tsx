import { Icon } from "./icon.tsx";
import "./form-error.css";

export function FormError({ text }: { text: string | undefined }) {
  return (
    <div role="alert">
      {text && (
        <p className="form-error">
          <Icon name="alert" />
          {text}
        </p>
      )}
    </div>
  );
}
