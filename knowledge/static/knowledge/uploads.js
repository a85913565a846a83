// A box for several files says at once what is too much, before anything is sent and the choice is lost.
{
  const MB = 1_000_000;

  const problem = ({ files, dataset }) => {
    const [mostFiles, mostBytes] = [Number(dataset.mostFiles), Number(dataset.mostBytes)];
    const bytes = [...files].reduce((sum, file) => sum + file.size, 0);
    if (files.length > mostFiles) {
      return `You chose ${files.length} files, and at most ${mostFiles} can be taken at once. Put them in a zip archive and choose that.`;
    }
    if (bytes > mostBytes) {
      const [has, most] = [bytes, mostBytes].map((size) => Math.round(size / MB));
      return `The files have ${has} MB together, and at most ${most} MB can be taken at once. Choose some of them now and the rest after that.`;
    }
    return "";
  };

  const watch = (box) => {
    const told = document.createElement("p");
    told.setAttribute("role", "alert");
    told.className = "font-medium mt-2 text-red-600 dark:text-red-500";
    // Unfold hides the box in a label inside of two frames.
    (box.closest("label")?.parentElement.parentElement ?? box).after(told);
    box.addEventListener("change", () => {
      told.textContent = problem(box);
    });
    box.form.addEventListener("submit", (event) => {
      if (!problem(box)) return;
      event.preventDefault();
      told.scrollIntoView({ block: "center" });
    });
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("input[type=file][data-most-files]").forEach(watch);
  });
}
