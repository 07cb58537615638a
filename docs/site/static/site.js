// SPDX-License-Identifier: Apache-2.0
// Light or dark as the window is. Debian's Furo lacks the styles of its own "auto".
const dark = matchMedia("(prefers-color-scheme: dark)");
function followWindow() {
  document.body.dataset.theme = dark.matches ? "dark" : "light";
}
followWindow();
dark.addEventListener("change", followWindow);
