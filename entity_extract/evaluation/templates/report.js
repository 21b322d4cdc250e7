"use strict";
// What the page does beyond being read: filters and zoom of the gallery, shadows of wide tables.
(() => {
  for (const table of document.querySelectorAll(".scroll")) {
    const moved = () => table.classList.toggle("scrolled", table.scrollLeft > 0);
    table.addEventListener("scroll", moved, { passive: true });
  }

  const cards = [...document.querySelectorAll(".gallery > article")];
  const entity = document.getElementById("entity"), outcome = document.getElementById("outcome");
  const wanted = (card) =>
    (!entity.value || card.dataset.entity === entity.value) &&
    (!outcome.value || card.dataset.outcome === outcome.value ||
      (outcome.value === "lost" && !card.classList.contains("right")));
  const filter = () => {
    for (const card of cards) card.hidden = !wanted(card);
    const left = cards.filter((card) => !card.hidden).length;
    document.getElementById("shown").textContent = `${left} of ${cards.length} shown`;
  };
  if (cards.length) {
    for (const control of document.querySelectorAll(".scripted")) control.hidden = false;
    entity.addEventListener("change", filter);
    outcome.addEventListener("change", filter);
    filter();
  }

  const zoom = document.getElementById("zoom"), large = document.createElement("img");
  zoom?.querySelector(".sheet").append(large);
  for (const button of document.querySelectorAll("button.picture")) {
    button.addEventListener("click", () => {
      const picture = button.querySelector("img");
      large.src = picture.src;
      large.alt = picture.alt;
      const card = button.closest("article");
      const verdict = card.querySelector(".verdict").textContent;
      document.getElementById("said").textContent = `${verdict} · ${picture.alt}`;
      zoom.showModal();
    });
  }
  zoom?.addEventListener("click", (event) => { if (event.target === zoom) zoom.close(); });
})();
