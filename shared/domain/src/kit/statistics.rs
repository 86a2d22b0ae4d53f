//! How reliable a figure is: a rate with its confidence interval.

use serde::Serialize;

/// A share of something counted, with its 95 % interval. All three are 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Rate {
    /// What was counted.
    pub value: f64,
    /// The true rate is hardly below this.
    pub low: f64,
    /// The true rate is hardly above this.
    pub high: f64,
}

/// The 97.5 % point of the normal distribution: 95 % lie within plus and minus it.
const Z_95: f64 = 1.959_963_984_540_054;

impl Rate {
    /// `hits` of `trials`, with Wilson's 95 % interval; `None` when nothing was tried. More hits than trials count as all of them.
    ///
    /// Wilson's interval holds for few trials and for rates near 0 and 1, where the usual "plus and minus" gives
    /// less than nothing or more than everything.
    /// Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    pub fn of(hits: u64, trials: u64) -> Option<Self> {
        if trials == 0 {
            return None;
        }
        let n = trials as f64;
        let value = hits.min(trials) as f64 / n;
        let z2 = Z_95 * Z_95;
        let middle = (value + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let half = Z_95 / (1.0 + z2 / n) * (value * (1.0 - value) / n + z2 / (4.0 * n * n)).sqrt();
        // Rounding must not leave the scale, nor put what was counted outside its own interval.
        Some(Self {
            value,
            low: (middle - half).clamp(0.0, value),
            high: (middle + half).clamp(value, 1.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(hits: u64, trials: u64, permille: (i64, i64, i64)) {
        let rate = Rate::of(hits, trials).expect("a rate");
        let of = |share: f64| (share * 1_000.0).round() as i64;
        assert_eq!(
            (of(rate.value), of(rate.low), of(rate.high)),
            permille,
            "{hits} of {trials}"
        );
    }

    #[test]
    fn the_worked_example_has_the_intervals_that_the_design_names() {
        check(35, 500, (70, 51, 96)); // 7.0 %
        check(8, 35, (229, 121, 390)); // 22.9 %, 12 to 39 %
        check(8, 500, (16, 8, 31));
    }

    #[test]
    fn the_edges_stay_on_the_scale() {
        check(0, 10, (0, 0, 278));
        check(10, 10, (1_000, 722, 1_000));
        check(1, 1, (1_000, 207, 1_000));
        check(12, 10, (1_000, 722, 1_000));
        assert_eq!(Rate::of(0, 0), None);
        let all = Rate::of(u64::MAX, u64::MAX).expect("a rate");
        assert!(all.low > 0.999 && all.high <= 1.0);
    }

    #[test]
    fn what_was_counted_lies_inside_and_more_of_it_narrows() {
        for trials in 1..200_u64 {
            for hits in 0..=trials {
                let few = Rate::of(hits, trials).expect("a rate");
                let many = Rate::of(hits * 10, trials * 10).expect("a rate");
                assert!(0.0 <= few.low && few.low <= few.value && few.value <= few.high && few.high <= 1.0);
                assert!(many.high - many.low < few.high - few.low, "{hits} of {trials}");
            }
        }
    }
}
