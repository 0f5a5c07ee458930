-- every day from the first active one to the last that is over, and how many days after the first it is
calendar AS (
  SELECT day, date_diff('day', date(:first_day), day) AS age
  FROM UNNEST(sequence(date(:first_day), date_add('day', -1, date(:until)), INTERVAL '1' DAY)) AS t (day)
)
