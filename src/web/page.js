/* SPDX-License-Identifier: Apache-2.0 */
"use strict";
/* Fetches the page again and puts its content in place; without an answer it says so. */
const refresh = async () => {
	try {
		const answer = await fetch(location.pathname, {cache: "no-store", signal: AbortSignal.timeout(4000)});
		if (!answer.ok)
			throw new Error(answer.status);
		const page = new DOMParser().parseFromString(await answer.text(), "text/html");
		const open = [...document.querySelectorAll("details[open]")].map(d => d.id);
		document.querySelector("main").replaceWith(page.querySelector("main"));
		for (const id of open)
			document.getElementById(id)?.setAttribute("open", "");
		document.title = page.title;
		document.body.classList.remove("stale");
	} catch (e) {
		document.body.classList.add("stale");
	}
	setTimeout(refresh, 3000);
};
setTimeout(refresh, 3000);
