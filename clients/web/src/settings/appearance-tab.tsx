import { Radio, RadioGroup } from "react-aria-components";
import { setTheme, type Theme, themes, useTheme } from "../theme.ts";
import { Icon, type IconName } from "../ui/icon.tsx";

const looks: Record<Theme, { name: string; icon: IconName }> = {
  system: { name: "As the system", icon: "monitor" },
  light: { name: "Light", icon: "sun" },
  dark: { name: "Dark", icon: "moon" },
};

export function AppearanceTab() {
  const theme = useTheme();
  return (
    <section className="settings-part">
      <h2 className="settings-title">Colours</h2>
      <RadioGroup
        aria-label="Colours"
        className="settings-themes"
        value={theme}
        onChange={(value) => setTheme(themes.find((it) => it === value) ?? "system")}
      >
        {themes.map((it) => (
          <Radio key={it} value={it} className="settings-theme">
            <Icon name={looks[it].icon} />
            {looks[it].name}
          </Radio>
        ))}
      </RadioGroup>
      <p className="settings-text">Motion follows what your system says about it.</p>
    </section>
  );
}
