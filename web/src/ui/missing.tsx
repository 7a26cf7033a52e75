// What stands at an address where nothing is.
import { LinkButton } from "./button";
import { Empty } from "./empty";

export function Missing() {
  return (
    <Empty title="There is nothing here" action={<LinkButton to="/">To the overview</LinkButton>}>
      It may have been removed, or it belongs to another organisation.
    </Empty>
  );
}
