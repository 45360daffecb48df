import { Button } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";

/** Instead of an empty page, where showing something has failed. */
export function CrashPage() {
  return (
    <main className="page">
      <EmptyState
        icon="alert"
        title="This page has failed"
        actions={
          <>
            <Button look="main" onPress={() => location.reload()}>
              Reload
            </Button>
            <Button onPress={() => location.assign("/")}>Go to all rooms</Button>
          </>
        }
      >
        What you have written is kept. If it fails again, tell whoever runs the server.
      </EmptyState>
    </main>
  );
}
