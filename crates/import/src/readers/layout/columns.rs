//! Columns of a table on a page, by the gutters that are blank in all its rows.

use super::lines::Run;

/// Greatest number of columns of a table.
const MOST_COLUMNS: usize = 100;

/// Cells of a line: the run in each column with the number of columns that it covers.
pub(super) type Cells = Vec<Option<(Run, usize)>>;

/// Columns of a table and the cells of its rows in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    /// Part of the page that each column takes; its bytes say nothing.
    pub(super) spans: Vec<Run>,
    /// The cells of each row.
    pub(super) rows: Vec<Cells>,
}

/// Finds the columns of rows. The error says why they are not told apart.
pub(super) fn columns(rows: &[Vec<Run>]) -> Result<Columns, &'static str> {
    let most = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut spans = union(rows.iter().flatten());
    if let Some(placed) = place(rows, &spans)
        && (spans.len() == most || most == 0)
    {
        return bounded(Columns {
            spans,
            rows: placed,
        });
    }
    // Rows that are shifted against each other: the full ones give the columns by their order.
    let full: Vec<&Vec<Run>> = rows.iter().filter(|row| row.len() == most).collect();
    if full.len() * 2 <= rows.len() {
        return Err("the columns of the table are not told apart");
    }
    spans = (0..most)
        .filter_map(|column| {
            union(full.iter().map(|row| &row[column]))
                .into_iter()
                .reduce(|all, run| all.to(&run))
        })
        .collect();
    let mut placed = Vec::with_capacity(rows.len());
    for row in rows {
        if row.len() == most {
            placed.push(row.iter().map(|run| Some((run.clone(), 1))).collect());
        } else {
            placed
                .push(place_row(row, &spans).ok_or("the columns of the table are not told apart")?);
        }
    }
    bounded(Columns {
        spans,
        rows: placed,
    })
}

fn bounded(columns: Columns) -> Result<Columns, &'static str> {
    if columns.spans.len() > MOST_COLUMNS {
        return Err("the table has too many columns");
    }
    Ok(columns)
}

/// Parts of the page that runs take, from left to right.
fn union<'a>(runs: impl Iterator<Item = &'a Run>) -> Vec<Run> {
    let mut runs: Vec<&Run> = runs.collect();
    runs.sort_by_key(|run| run.start);
    let mut spans: Vec<Run> = Vec::new();
    for run in runs {
        match spans.last_mut() {
            Some(span) if run.start < span.end => span.end = span.end.max(run.end),
            _ => spans.push(run.clone()),
        }
    }
    spans
}

fn place(rows: &[Vec<Run>], spans: &[Run]) -> Option<Vec<Cells>> {
    rows.iter().map(|row| place_row(row, spans)).collect()
}

/// Puts each run of a row into the one column that it overlaps; none if two share a column or one
/// lies over two.
fn place_row(row: &[Run], spans: &[Run]) -> Option<Cells> {
    let mut cells = vec![None; spans.len()];
    let mut column = 0;
    for run in row {
        while column < spans.len() && spans[column].overlap(run) == 0 {
            column += 1;
        }
        let cell = cells.get_mut(column)?;
        if spans
            .get(column + 1)
            .is_some_and(|next| next.overlap(run) > 0)
        {
            return None;
        }
        *cell = Some((run.clone(), 1));
        column += 1;
    }
    Some(cells)
}

/// Puts the runs of the header line next to the rows into columns: by their order where there are as
/// many, else so that the sum of the distances is least. None if there are more runs than columns.
pub(super) fn place_header(header: &[Run], spans: &[Run]) -> Option<Cells> {
    if header.len() > spans.len() {
        return None;
    }
    // cost[run][column]: least sum for the first `run` runs within the first `column` columns.
    let width = spans.len() + 1;
    let mut cost = vec![vec![0_usize; width]];
    for (index, run) in header.iter().enumerate() {
        let mut line = vec![usize::MAX; width];
        for column in index + 1..width {
            let here = cost[index][column - 1]
                .saturating_add(run.middle().abs_diff(spans[column - 1].middle()));
            line[column] = here.min(line[column - 1]);
        }
        cost.push(line);
    }
    let mut cells = vec![None; spans.len()];
    let mut column = spans.len();
    for index in (0..header.len()).rev() {
        while column > index + 1 && cost[index + 1][column - 1] == cost[index + 1][column] {
            column -= 1;
        }
        column -= 1;
        cells[column] = Some((header[index].clone(), 1));
    }
    Some(cells)
}

/// A column as the header below names it.
#[derive(Debug, Clone)]
pub(super) struct Named<'a> {
    /// Part of the page that the name takes, or the column without a name.
    pub(super) run: Run,
    /// The name.
    pub(super) name: Option<&'a str>,
}

/// Puts the runs of a header line above another over the columns that they head. `first` is the first
/// column with values. None if it is not clear which columns a run heads.
pub(super) fn place_spanning(header: &[Run], below: &[Named<'_>], first: usize) -> Option<Cells> {
    repeated_groups(header, below, first)
        .or_else(|| equal_groups(header, below, first))
        .or_else(|| overlapped(header, below))
}

/// Cells of groups of columns, each by its first column and its number of columns.
fn cells_of(header: &[Run], groups: &[(usize, usize)], width: usize) -> Cells {
    let mut cells = vec![None; width];
    for (run, &(from, size)) in header.iter().zip(groups) {
        cells[from] = Some((run.clone(), size));
    }
    cells
}

/// Groups whose names repeat, `acc f1 acc f1`, and single columns without a name, in their order.
fn repeated_groups(header: &[Run], below: &[Named<'_>], first: usize) -> Option<Cells> {
    (first..below.len()).take(2).find_map(|start| {
        let end = (start..below.len())
            .find(|&column| below[column].name.is_none())
            .unwrap_or(below.len());
        if below[end..].iter().any(|column| column.name.is_some()) {
            return None;
        }
        let size = (2..=(end - start) / 2).find(|&size| {
            (end - start).is_multiple_of(size)
                && (start + size..end).all(|column| below[column].name == below[column - size].name)
        })?;
        let mut groups: Vec<(usize, usize)> = (start..end)
            .step_by(size)
            .map(|from| (from, size))
            .collect();
        groups.extend((end..below.len()).map(|column| (column, 1)));
        (groups.len() == header.len()).then(|| cells_of(header, &groups, below.len()))
    })
}

/// Groups of equally many columns, if each run stands over the middle of its group. The first columns
/// with values may stand before the groups, if only one number of them fits.
fn equal_groups(header: &[Run], below: &[Named<'_>], first: usize) -> Option<Cells> {
    let mut found = (first..below.len()).filter_map(|start| {
        let columns = below.len() - start;
        if header.is_empty() || !columns.is_multiple_of(header.len()) {
            return None;
        }
        let size = columns / header.len();
        let groups: Vec<(usize, usize)> = (start..below.len())
            .step_by(size)
            .map(|from| (from, size))
            .collect();
        let fits = header
            .iter()
            .zip(&groups)
            .all(|(run, &(from, size))| is_over(run, below, from, size));
        (size > 1 && fits).then_some(groups)
    });
    let groups = found.next()?;
    match found.next() {
        Some(_) => None,
        None => Some(cells_of(header, &groups, below.len())),
    }
}

/// Whether a run stands over the middle of columns.
fn is_over(run: &Run, below: &[Named<'_>], from: usize, size: usize) -> bool {
    let group = below[from].run.to(&below[from + size - 1].run);
    let pitch = group.end.saturating_sub(group.start) / size;
    run.middle().abs_diff(group.middle()) <= pitch.max(4)
}

/// Groups of at least two columns, or of one without a name, that each run lies over, up to the last
/// column.
fn overlapped(header: &[Run], below: &[Named<'_>]) -> Option<Cells> {
    let mut groups: Vec<(usize, usize)> = Vec::new();
    for run in header {
        let mut covered = (0..below.len()).filter(|&column| below[column].run.overlap(run) > 0);
        let from = covered.next()?;
        let to = covered.next_back().unwrap_or(from);
        let size = to - from + 1;
        // A column between two groups belongs to neither for sure.
        if groups
            .last()
            .is_some_and(|&(before, size)| before + size != from)
            || (size == 1 && below[from].name.is_some())
            || !is_over(run, below, from, size)
        {
            return None;
        }
        groups.push((from, size));
    }
    let &(from, size) = groups.last()?;
    (from + size == below.len()).then(|| cells_of(header, &groups, below.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(start: usize, end: usize) -> Run {
        Run {
            start,
            end,
            bytes: start..end,
        }
    }

    #[test]
    fn gutters_that_are_blank_in_all_rows_separate_columns() {
        let rows = [
            vec![run(0, 4), run(10, 14), run(20, 24)],
            vec![run(0, 9), run(12, 16)],
            vec![run(0, 3), run(11, 13), run(18, 22)],
        ];
        let found = columns(&rows).unwrap();
        assert_eq!(found.spans.len(), 3);
        assert!(found.rows[1][2].is_none());
    }

    #[test]
    fn rows_that_are_shifted_are_read_by_order() {
        let rows = [
            vec![run(0, 4), run(8, 12), run(14, 18)],
            vec![run(0, 4), run(11, 15), run(17, 21)],
        ];
        let found = columns(&rows).unwrap();
        assert_eq!(found.spans.len(), 3);
        assert_eq!(found.rows[1][1].as_ref().unwrap().0, run(11, 15));
    }

    #[test]
    fn a_header_of_fewer_runs_takes_the_nearest_columns() {
        let spans = [
            run(2, 10),
            run(22, 26),
            run(33, 36),
            run(39, 42),
            run(45, 48),
        ];
        let header = [run(22, 30), run(34, 36), run(42, 46), run(50, 54)];
        let cells = place_header(&header, &spans).unwrap();
        assert!(cells[0].is_none());
        assert_eq!(cells[4].as_ref().unwrap().0, run(50, 54));
    }

    fn named<'a>(columns: &[(usize, usize, &'a str)]) -> Vec<Named<'a>> {
        columns
            .iter()
            .map(|&(start, end, name)| Named {
                run: run(start, end),
                name: (!name.is_empty()).then_some(name),
            })
            .collect()
    }

    fn sizes(cells: Option<Cells>) -> Option<Vec<(usize, usize)>> {
        let sizes = cells?.into_iter().enumerate();
        Some(
            sizes
                .filter_map(|(column, cell)| Some((column, cell?.1)))
                .collect(),
        )
    }

    #[test]
    fn a_run_heads_the_columns_below_it() {
        let below = named(&[
            (9, 16, "net"),
            (20, 26, "size"),
            (30, 36, "a"),
            (38, 45, "b"),
            (48, 53, "c"),
            (56, 61, "d"),
        ]);
        let header = [run(29, 41), run(46, 58)];
        assert_eq!(
            sizes(place_spanning(&header, &below, 1)),
            Some(vec![(2, 2), (4, 2)])
        );
        // One column, or its neighbour as well?
        assert_eq!(
            sizes(place_spanning(&[run(29, 34), run(56, 61)], &below, 1)),
            None
        );
    }

    #[test]
    fn names_that_repeat_show_the_groups() {
        let below = named(&[
            (0, 5, "net"),
            (19, 22, "acc"),
            (27, 29, "f1"),
            (35, 38, "acc"),
            (43, 45, "f1"),
            (52, 56, ""),
        ]);
        let header = [run(26, 31), run(42, 47), run(53, 57)];
        assert_eq!(
            sizes(place_spanning(&header, &below, 1)),
            Some(vec![(1, 2), (3, 2), (5, 1)])
        );
    }
}
