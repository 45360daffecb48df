import "./logo.css";

export function Logo() {
  return (
    <span className="logo">
      <svg viewBox="0 0 32 32" fill="none" aria-hidden="true" className="logo-mark">
        <rect width="32" height="32" rx="9" fill="#0d6f64" />
        <circle cx="16" cy="16" r="8" stroke="#fff" strokeWidth="2.5" />
        <circle cx="16" cy="16" r="2.75" fill="#fff" />
        <circle cx="22.2" cy="10.6" r="3.4" fill="#8ff0dd" stroke="#0d6f64" strokeWidth="1.6" />
      </svg>
      Aetherconnect
    </span>
  );
}
