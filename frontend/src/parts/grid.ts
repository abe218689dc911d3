/** How tiles are laid out in a grid, and how keys move in it. */

const MANY = 60;

/** Whether there are so many batteries that their tiles are small. */
export function areMany(count: number): boolean {
	return count > MANY;
}

/** In px. */
export function gapOf(count: number): number {
	return areMany(count) ? 4 : 6;
}

/** Return the number of columns for a width in px: full rows where that is possible. */
export function columnsFor(count: number, width: number): number {
	const gap = gapOf(count);
	const least = areMany(count) ? 44 : count > 24 ? 56 : 76; // px; 44 for a finger
	const most = Math.max(1, Math.min(count, Math.floor((width + gap) / (least + gap))));
	for (let columns = most; columns >= 0.7 * most; columns--) {
		if (count % columns === 0) return columns;
	}
	return Math.ceil(count / Math.ceil(count / most));
}

/** Return by how much a key moves the focus; undefined if it doesn't. `whole` is from one end of the grid to the other. */
export function stepOf(
	key: string,
	columns: number,
	current: number,
	count: number,
	whole: boolean,
): number | undefined {
	const column = current % columns;
	switch (key) {
		case "ArrowLeft":
			return -1;
		case "ArrowRight":
			return 1;
		case "ArrowUp":
			return current >= columns ? -columns : 0;
		case "ArrowDown":
			return current + columns < count ? columns : 0;
		case "Home":
			return whole ? -current : -column;
		case "End":
			return whole ? count - 1 - current : Math.min(columns - 1 - column, count - 1 - current);
		default:
			return undefined;
	}
}
