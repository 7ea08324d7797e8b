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

/// Puts the runs of a header line above another over the columns that they head. `below` is the part
/// of the page of each column as the header below gives it, `first` the first column with values.
/// None if it is not clear which columns a run heads.
pub(super) fn place_spanning(header: &[Run], below: &[Run], first: usize) -> Option<Cells> {
    equal_groups(header, below, first)
        .or_else(|| overlapped(header, below))
        .or_else(|| nearest_groups(header, below))
}

/// Groups of equally many columns, if each run stands over the middle of its group.
fn equal_groups(header: &[Run], below: &[Run], first: usize) -> Option<Cells> {
    let columns = below.len().checked_sub(first)?;
    if header.is_empty() || columns == 0 || columns % header.len() != 0 {
        return None;
    }
    let size = columns / header.len();
    let mut cells = vec![None; below.len()];
    for (index, run) in header.iter().enumerate() {
        let from = first + index * size;
        let group = below[from].to(&below[from + size - 1]);
        let pitch = group.end.saturating_sub(group.start) / size;
        if run.middle().abs_diff(group.middle()) > pitch.max(4) {
            return None;
        }
        cells[from] = Some((run.clone(), size));
    }
    Some(cells)
}

/// Greatest number of columns that are grouped by distance.
const MOST_GROUPED: usize = 40;

/// Distance in half characters by which the best grouping must beat the next.
const MARGIN: usize = 4;

/// A grouping of the first columns: the sum of distances and the first column of each group.
type Grouping = (usize, Vec<usize>);

/// Groups of neighbouring columns up to the last, by the distances between the middle of each run and
/// that of its group; none if another grouping is nearly as good.
fn nearest_groups(header: &[Run], below: &[Run]) -> Option<Cells> {
    if header.is_empty() || below.len() > MOST_GROUPED || header.len() >= below.len() {
        return None;
    }
    // ends[column]: the two best groupings for the runs so far whose groups end before `column`.
    let mut ends: Vec<Vec<Grouping>> = vec![vec![(0, Vec::new())]; below.len() + 1];
    ends[0].clear();
    for run in header {
        let mut next: Vec<Vec<Grouping>> = vec![Vec::new(); below.len() + 1];
        for from in 1..below.len() {
            for to in from + 1..=below.len() {
                let group = below[from].to(&below[to - 1]);
                let distance = run.middle().abs_diff(group.middle());
                for (cost, starts) in &ends[from] {
                    let mut starts = starts.clone();
                    starts.push(from);
                    next[to].push((cost + distance, starts));
                }
            }
        }
        for groupings in &mut next {
            groupings.sort();
            groupings.truncate(2);
        }
        ends = next;
    }
    let found = ends.pop()?;
    let (cost, starts) = found.first()?;
    if found
        .get(1)
        .is_some_and(|(second, _)| *second < cost + MARGIN)
    {
        return None;
    }
    let mut cells = vec![None; below.len()];
    for (index, run) in header.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(below.len());
        cells[starts[index]] = Some((run.clone(), end - starts[index]));
    }
    Some(cells)
}

/// Groups of at least two columns that each run lies over.
fn overlapped(header: &[Run], below: &[Run]) -> Option<Cells> {
    let mut cells: Cells = vec![None; below.len()];
    let mut next = 0;
    for run in header {
        let covered: Vec<usize> = (0..below.len())
            .filter(|&column| below[column].overlap(run) > 0)
            .collect();
        let (&from, &to) = (covered.first()?, covered.last()?);
        if from < next || from == to {
            return None;
        }
        // A column between two groups belongs to neither for sure.
        if next > 0 && from != next {
            return None;
        }
        let group = below[from].to(&below[to]);
        let pitch = (group.end - group.start) / (to - from + 1);
        if run.middle().abs_diff(group.middle()) > pitch.max(4) {
            return None;
        }
        cells[from] = Some((run.clone(), to - from + 1));
        next = to + 1;
    }
    (next == below.len()).then_some(cells)
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

    #[test]
    fn a_run_heads_the_columns_below_it() {
        let below = [
            run(9, 16),
            run(20, 26),
            run(30, 36),
            run(38, 45),
            run(48, 53),
            run(56, 61),
        ];
        let cells = place_spanning(&[run(29, 41), run(46, 58)], &below, 1).unwrap();
        assert_eq!(cells[2].as_ref().unwrap().1, 2);
        assert_eq!(cells[4].as_ref().unwrap().1, 2);
        assert!(place_spanning(&[run(29, 34), run(56, 61)], &below, 1).is_none());
    }
}
