import { useState } from "react";
import { useChat, useSnapshot } from "../chat.ts";
import { Logo } from "../ui/logo.tsx";
import { wasSignedIn } from "./known-here.ts";
import { SignInForm } from "./sign-in-form.tsx";
import { SignUpForm } from "./sign-up-form.tsx";
import "./sign-in-page.css";

export function SignInPage() {
  const { reason } = useSnapshot(useChat().auth);
  const [isNew, setIsNew] = useState(false);
  return (
    <main className="sign-in scrolls">
      <div className="sign-in-card">
        <Logo />
        <h1 className="sign-in-title">{isNew ? "Create your account" : "Sign in"}</h1>
        {reason && !isNew && <p className="sign-in-reason">{explain(reason)}</p>}
        {isNew ? <SignUpForm /> : <SignInForm />}
        <p className="sign-in-other">
          {isNew ? "Already have an account?" : "New here?"}{" "}
          <button type="button" className="text-button" onClick={() => setIsNew(!isNew)}>
            {isNew ? "Sign in" : "Create an account"}
          </button>
        </p>
      </div>
    </main>
  );
}

function explain(reason: string): string {
  if (reason === "LOGGED_OUT") return "You have signed out.";
  // Who comes for the first time has no session that could have ended.
  if (!wasSignedIn()) return "Welcome. Sign in to go on.";
  return "Your session has ended. Sign in to go on.";
}
