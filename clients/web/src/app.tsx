import { useEffect } from "react";
import { noteSignedIn } from "./auth/known-here.ts";
import { SignInPage } from "./auth/sign-in-page.tsx";
import { useChat, useSnapshot } from "./chat.ts";
import { Shell } from "./shell/shell.tsx";
import { Splash } from "./shell/splash.tsx";

export function App() {
  const { status, user } = useSnapshot(useChat().auth);
  useEffect(() => {
    if (status === "signed-in") noteSignedIn();
  }, [status]);
  if (status === "unknown") return <Splash />;
  // Somebody else begins with nothing of the one before.
  return status === "signed-in" && user ? <Shell key={user.id} /> : <SignInPage />;
}
