import { useChat, useSnapshot } from "../chat.ts";
import { Logo } from "../ui/logo.tsx";
import { problemTexts } from "./problem-texts.ts";
import "./splash.css";

/** Until it is known whether somebody is signed in. */
export function Splash() {
  const [problem] = useSnapshot(useChat().problems);
  return (
    <main className="splash" aria-busy="true">
      <Logo />
      <p className="splash-text" role="status">
        {problem ? problemTexts[problem.code] : "Connecting…"}
      </p>
    </main>
  );
}
